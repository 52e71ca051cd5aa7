"""What people bend, versioned: kinds by declaration, drafts, publishing by a pointer, overlays, effective dates."""

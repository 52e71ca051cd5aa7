"""Flows: documents, their machines, decisions at nodes."""

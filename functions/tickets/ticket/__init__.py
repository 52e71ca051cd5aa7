"""The ticket itself: its state, visits, trail and what follows from a change."""

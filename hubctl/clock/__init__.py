"""The local hub's time: real, scaled, or stepped from one due thing to the next (ADR 13)."""

"""What platforms told us: publishing, settling, counting, replays, greetings, conversations."""

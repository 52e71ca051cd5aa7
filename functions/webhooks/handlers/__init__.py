"""What the room's queues, streams and schedules call."""

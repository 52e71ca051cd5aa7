"""What queues, streams, schedules and machines call."""

"""Where the hub meets the world: HTTP, queues, schedules, the bus, logs and settings. room.py is the way in."""

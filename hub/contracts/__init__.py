"""What rooms say to each other (events.py) and to the world (a file of HTTP bodies a room)."""

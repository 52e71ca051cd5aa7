"""The relay (中继): one signed URL for the messages of several platforms that push over websockets alone."""

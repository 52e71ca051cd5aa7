"""What we know of each platform, a folder a platform: codec, inbound, client, and its settings and guide as data."""

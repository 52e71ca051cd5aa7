"""What the channels of WeChat share: the envelope and its cryptography, documents, doors, and calls. No channel."""

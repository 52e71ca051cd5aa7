"""Xiaohongshu shop (小红书, ark): message push in, signed API out."""

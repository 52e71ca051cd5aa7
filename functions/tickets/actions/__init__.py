"""Actions (动作): what a flow does by itself, a file each; registry.py lists them."""

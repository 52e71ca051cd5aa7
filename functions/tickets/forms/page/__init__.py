"""The page on which customers fill in a form (H5): one file without anything from outside."""

"""The room's routes: read, call one function, answer."""

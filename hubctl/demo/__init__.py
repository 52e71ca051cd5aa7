"""A business day, played through the hub over real HTTP with real encryption; every step is checked as it goes."""

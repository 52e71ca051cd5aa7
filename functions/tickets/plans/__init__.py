"""Plans (巡检排期): work that comes again, levelled over people and work days."""

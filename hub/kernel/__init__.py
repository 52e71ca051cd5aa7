"""Money, ids, clocks, calendars and errors: the standard library alone (the calendar adds chinesecalendar)."""

"""The same platform on one machine: embedded AWS, replay exchange, schedules, gateway."""

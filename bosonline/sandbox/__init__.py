"""A faithful emulator of the outside services, served by its own process (integrations.md). No Django in here."""

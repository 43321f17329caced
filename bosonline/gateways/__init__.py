"""Clients of outside services: real protocols over real HTTP, never aware of who answers."""

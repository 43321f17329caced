"""The supervisor of ``make run`` and the embedded servers. No Django in here: it must start fast and stay small."""

"""Every command of manage.py."""

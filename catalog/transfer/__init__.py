"""Products, variants and stock as tables: exports, and imports with django-import-export resources."""

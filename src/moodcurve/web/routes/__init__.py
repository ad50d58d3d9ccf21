"""Routes of the server: library songs, uploaded songs, and the page's own files."""

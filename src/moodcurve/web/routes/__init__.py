"""Routes of the server: library songs, uploaded songs, static files and the API documentation."""

"""Routes of the server: library songs, uploaded songs, live sound, static files and the API documentation."""

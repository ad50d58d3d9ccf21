"""Live sound on the page: sessions of browsers' microphones, a source of the server, and their rows as events."""

"""Write the moods of songs into the tags of their files, so that other players can use them."""

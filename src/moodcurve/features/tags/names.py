"""Name the columns of the tag network: its embedding, its fifty tags and its layers; imports nothing."""

TAGS = (
    "rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock", "jazz",
    "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "Mellow", "electronica",
    "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock", "ambient", "acoustic",
    "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country", "easy listening", "sexy",
    "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb", "indie pop", "sad", "House", "happy",
)  # fmt: skip
"""The network's tags in its order: the fifty commonest Last.fm tags of the Million Song Dataset, as written there."""
EMBEDDING = 200
"""Size of the embedding: the layer before the tags."""
TAG_PREFIX = "tag_"
"""Prefix of a tag's column."""
LAYERS = 192
"""Channels of the three convolutions over time."""
TAGS1 = (
    *(f"tag_embedding[{i}]" for i in range(EMBEDDING)),
    *(f"{TAG_PREFIX}{tag}" for tag in TAGS),
    *(f"tag_layer[{i}]" for i in range(LAYERS)),
)
"""Columns of the feature set ``tags1``."""

"""Finding things by a part of their name: Chinese and Tibetan characters, or the initials of the pinyin."""

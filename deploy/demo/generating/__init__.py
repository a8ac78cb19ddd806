"""How the fictional data come about: seeded, so that the files can be made again byte for byte."""

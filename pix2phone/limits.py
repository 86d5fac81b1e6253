"""How large a picture may be, where a command's --help can say it before anything heavy is imported."""

MOST_MEGAPIXELS = 500.0
MEGABYTES_EACH = 8  # of memory for each megapixel, of a photo that is read and its painting that is written

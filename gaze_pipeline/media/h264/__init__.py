"""What H.264 says of its pictures before they are decoded: which of them are built on which."""

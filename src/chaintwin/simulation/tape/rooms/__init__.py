"""Sites with room for only so much stock: what fills them, and the operations that hold back what does not fit."""

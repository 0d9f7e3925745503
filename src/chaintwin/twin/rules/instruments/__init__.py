"""Rules for what instruments and control systems say."""

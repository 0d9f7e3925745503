"""The server looks ahead by itself and warns of what may run short."""

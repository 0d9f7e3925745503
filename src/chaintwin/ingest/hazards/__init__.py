"""Records of what nature and people do to places: earthquake feeds and any points and areas in GeoJSON."""

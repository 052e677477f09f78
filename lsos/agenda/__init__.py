"""The programme: sessions in rooms, who speaks, who signed up, and calendar files."""

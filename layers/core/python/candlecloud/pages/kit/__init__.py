"""What any page is drawn with: markup, formats and names of numbers, tables, figures, the style sheet."""

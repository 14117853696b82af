# What is asked of the program when it has stopped, or of its core.
set width 0
set print pretty off
frame function main
echo \n--- arena list\n
arena list
echo \n--- containers\n
print scene.points
print scene.words
print scene.numbers
print scene.title
print scene.names
print garbage
print bad_text
print bad_map
print long_map
print scene.mark
echo \n--- an arena\n
print *arena
echo \n--- arena blocks\n
arena blocks arena
echo \n--- arena explain\n
arena explain point
arena explain (char *)point + 17
arena explain gone
arena explain moved
arena explain adopted
arena explain large + 5
arena explain arena
arena explain arena->cursor
arena explain in_buffer
arena explain in_buffer->current
arena explain &buffer[sizeof buffer - 1]
arena explain spare
arena explain bytes
echo \n--- nothing to say\n
arena explain 1

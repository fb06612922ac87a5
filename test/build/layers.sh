# All arrows between the rooms of src/ run down.
packages python3
python3 -B script/layers

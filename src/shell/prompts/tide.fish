# ~/.config/fish/functions/_tide_item_awsenv.fish. Then once: set -U tide_left_prompt_items awsenv $tide_left_prompt_items
# And in config.fish: set -g AWSENV_OPT_PROMPT 0
function _tide_item_awsenv
    set -l said (command awsenv prompt --color never --shell fish --format '{fill} {ink} {text}[ {left}]' 2>/dev/null)
    set -l parts (string split -m 2 ' ' -- $said)
    test (count $parts) = 3 || return
    # Exported for the length of this function, so that Tide's own function sees them.
    set -lx tide_awsenv_bg_color $parts[1]
    set -lx tide_awsenv_color $parts[2]
    _tide_print_item awsenv $parts[3]
end

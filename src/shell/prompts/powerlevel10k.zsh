# ~/.zshrc, below the line that loads ~/.p10k.zsh; the line with `awsenv init` stands above the one that loads the theme.
AWSENV_OPT_PROMPT=0
function prompt_awsenv() {
  [[ -n $AWSENV_PROMPT_TEXT ]] || return
  local fill='#D55E00' ink='#000000'
  if [[ $AWSENV_PROMPT_STATE == verified && $AWSENV_COLOR =~ '^#[0-9A-Fa-f]{6}$' ]]; then
    fill=$AWSENV_COLOR
    (( 16#$fill[2,3] * 299 + 16#$fill[4,5] * 587 + 16#$fill[6,7] * 114 < 128000 )) && ink='#FFFFFF'
  fi
  # In the text, too: a theme with a background of its own keeps that around it.
  p10k segment -b $fill -f $ink -t "%K{$fill}%F{$ink} $AWSENV_PROMPT_TEXT %f%k"
}
# First on the left. Without `aws`, which shows the name of a profile: that is no evidence.
POWERLEVEL9K_LEFT_PROMPT_ELEMENTS=(awsenv ${POWERLEVEL9K_LEFT_PROMPT_ELEMENTS:#(aws|awsenv)})
POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS=(${POWERLEVEL9K_RIGHT_PROMPT_ELEMENTS:#(aws|awsenv)})

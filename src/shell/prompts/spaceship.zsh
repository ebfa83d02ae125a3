# ~/.zshrc, below the line that loads spaceship; the line with `awsenv init` stands above that.
AWSENV_OPT_PROMPT=0
SPACESHIP_AWSENV_ASYNC=false
# Spaceship passes its text through `echo`, which decodes backslashes, and takes `·|·` for the end of a part.
psvar[98]='\' psvar[99]='·'
spaceship_awsenv() {
  [[ -n $AWSENV_PROMPT_TEXT ]] || return
  local fill='#D55E00' ink='#000000' text=${${AWSENV_PROMPT_TEXT//\\/%98v}//·/%99v}
  if [[ $AWSENV_PROMPT_STATE == verified && $AWSENV_COLOR =~ '^#[0-9A-Fa-f]{6}$' ]]; then
    fill=$AWSENV_COLOR
    (( 16#$fill[2,3] * 299 + 16#$fill[4,5] * 587 + 16#$fill[6,7] * 114 < 128000 )) && ink='#FFFFFF'
  fi
  spaceship::section --color $ink "%K{$fill} $text %k "
}
# First. Without `aws`, which shows the name of a profile: that is no evidence.
SPACESHIP_PROMPT_ORDER=(awsenv ${SPACESHIP_PROMPT_ORDER:#(aws|awsenv)})

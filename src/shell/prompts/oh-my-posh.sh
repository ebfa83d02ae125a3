# ~/.bashrc or ~/.zshrc, below the line that loads Oh My Posh.
AWSENV_OPT_PROMPT=0
set_poshcontext() {
  export POSH_AWSENV="$(command awsenv prompt --color never --shell sh --format '{fill} {ink} {text}[ {left}]' 2>/dev/null)"
}

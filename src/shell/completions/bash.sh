# awsenv: completions for bash. The program reads files only, and quotes each word for this command line.
__awsenv_complete() {
  local awsenv_lines awsenv_line
  local -a awsenv_words=("${COMP_WORDS[@]}")
  # Without the quotes that were typed.
  [[ ${BASH_VERSINFO[0]} -lt 4 ]] || awsenv_words[COMP_CWORD]=$2
  COMPREPLY=()
  awsenv_lines="$(@VARIABLE@=bash @VARIABLE@_INDEX=$COMP_CWORD @VARIABLE@_LINE=${COMP_LINE:0:COMP_POINT} \
    \command @AWSENV@ -- "${awsenv_words[@]}" 2>/dev/null)" || return 0
  [[ -n $awsenv_lines ]] || return 0
  # Not split by the shell, which would take a name for a pattern of file names.
  if [[ ${BASH_VERSINFO[0]} -ge 4 ]]; then
    \mapfile -t COMPREPLY <<<"$awsenv_lines"
    [[ ${COMPREPLY[0]} != *[=/:] ]] || compopt -o nospace 2>/dev/null
  else
    while IFS= \read -r awsenv_line; do COMPREPLY+=("$awsenv_line"); done <<<"$awsenv_lines"
  fi
}
complete -o bashdefault -o default -o nosort -F __awsenv_complete awsenv 2>/dev/null ||
  complete -o bashdefault -o default -F __awsenv_complete awsenv

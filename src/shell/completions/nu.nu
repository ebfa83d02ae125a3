# awsenv: completions for nushell, in front of the external completer that is there. The program reads files only, and
# quotes each word for this command line.
$env.config.completions.external.completer = (do {
    let before = ($env.config?.completions?.external?.completer?)
    {|spans: list<string>|
        if ($spans | get 0?) == 'awsenv' {
            let index = (($spans | length) - 1 | into string)
            let lines = (with-env { @VARIABLE@: nu, @VARIABLE@_INDEX: $index } {
                ^@AWSENV@ '--' ...$spans | complete | get stdout | lines
            })
            if ($lines | is-empty) { null } else {
                $lines | each {|line|
                    let parts = ($line | split row --number 2 (char tab))
                    { value: $parts.0, description: ($parts | get 1? | default '') }
                }
            }
        } else if $before != null { do $before $spans } else { null }
    }
})

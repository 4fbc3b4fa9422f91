/// What the options that any command takes came to.
package struct Globals: Sendable {
    package var db: String?
    package var masterKey: String?
    package var format: OutputFormat?
    /// JSON names of the columns to show; nil shows those that show themselves.
    package var columns: [String]?
    package var noHeader = false
    package var color = ColorChoice.auto
    package var time: TimeStyle?
    package var isQuiet = false
    /// How often `-v` was given; from two on, errors show their SQL.
    package var verbosity = 0
    package var isCron = false
    package var noInput = false
    package var isReadOnly = false
    package var lockTimeout = Duration.seconds(5)
    /// Who acts, where it is not who is logged in.
    package var actor: String?

    package init() {}
}

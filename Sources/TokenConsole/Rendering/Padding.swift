extension String {
    /// With blanks behind it up to a width, for words of the program's own in ASCII.
    func padded(_ width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}

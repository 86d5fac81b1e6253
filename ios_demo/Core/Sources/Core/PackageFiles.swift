/// The files of a package, which is a folder, in the order in which their paths and bytes are hashed
/// (benchmarks/systems/system.py): by the parts of their paths relative to the package.
public func packageOrder(_ paths: [String]) -> [String] {
    paths.sorted { one, other in
        let (left, right) = (one.split(separator: "/"), other.split(separator: "/"))
        return left.lexicographicallyPrecedes(right) { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}

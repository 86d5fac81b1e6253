// What is derived from timed samples, as in benchmarks/timing/statistics.py; both pass tests/golden/statistics.json.

/// The "statistics" of benchmarks/schema.json, milliseconds.
public struct Statistics: Codable, Equatable, Sendable {
    public static let trimPercent = 5.0  // left out at each end, by the paper

    public let trimmedMean: Double
    public let median: Double
    public let p90: Double
    public let p99: Double
    public let iqr: Double

    enum CodingKeys: String, CodingKey {
        case trimmedMean = "trimmed_mean"
        case median
        case p90
        case p99
        case iqr
    }

    /// nil without finite samples.
    public init?(of samples: [Double]) {
        guard let mean = Statistics.mean(of: samples) else { return nil }
        let sorted = samples.sorted()
        trimmedMean = rounded(mean)
        median = rounded(percentile(50, of: sorted))
        p90 = rounded(percentile(90, of: sorted))
        p99 = rounded(percentile(99, of: sorted))
        iqr = rounded(percentile(75, of: sorted) - percentile(25, of: sorted))
    }

    /// How many of `count` samples are left out at each end: 5 %, rounded down, so none of 19.
    public static func dropped(of count: Int) -> Int {
        Int(Double(count) * trimPercent / 100)
    }

    /// The paper's mean, without the fastest and the slowest 5 %; nil without finite samples.
    public static func mean(of samples: [Double]) -> Double? {
        if samples.isEmpty || !samples.allSatisfy({ $0.isFinite }) { return nil }
        let ends = dropped(of: samples.count)
        let kept = samples.sorted().dropFirst(ends).dropLast(ends)
        return kept.reduce(0, +) / Double(kept.count)
    }
}

/// Between the `sorted` samples x[0..n-1] at p / 100 * (n - 1); there is at least one.
func percentile(_ percent: Double, of sorted: [Double]) -> Double {
    let place = percent / 100 * Double(sorted.count - 1)
    let below = Int(place)
    let above = min(below + 1, sorted.count - 1)
    return sorted[below] + (sorted[above] - sorted[below]) * (place - Double(below))
}

/// To five digits after the point: of milliseconds, a hundredth of a microsecond.
public func rounded(_ value: Double) -> Double {
    (value * 100_000).rounded() / 100_000
}

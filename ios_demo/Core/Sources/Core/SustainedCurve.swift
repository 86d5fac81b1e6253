/// A slice of a curve, as benchmarks/schema.json has it.
public struct CurvePoint: Codable, Equatable, Sendable {
    public let atS: Double
    public let medianMs: Double
    public let runs: Int
    public let thermal: ThermalLevel

    enum CodingKeys: String, CodingKey {
        case atS = "at_s"
        case medianMs = "median_ms"
        case runs
        case thermal
    }
}

/// The network run without a pause for minutes: does the phone hold its speed? As benchmarks/timing/sustained.py.
public struct SustainedCurve: Sendable {
    static let slices = 60.0
    static let leastSliceSeconds = 1.0
    static let slower = 1.1  // than its first tenth: throttled

    public let seconds: Double
    public private(set) var points: [CurvePoint] = []
    private var samples: [Double] = []
    private var sliced = 0.0

    public init(seconds: Double) {
        self.seconds = seconds
    }

    /// Takes a run of `milliseconds` that ended `atS` seconds after the start; whether the curve goes on.
    public mutating func add(milliseconds: Double, atS: Double, thermal: ThermalLevel) -> Bool {
        samples.append(milliseconds)
        let width = max(SustainedCurve.leastSliceSeconds, seconds / SustainedCurve.slices)
        if atS - sliced >= width {
            let median = rounded(percentile(50, of: samples.sorted()))
            points.append(CurvePoint(atS: rounded(atS), medianMs: median, runs: samples.count, thermal: thermal))
            samples = []
            sliced = atS
        }
        return atS < seconds
    }

    /// Whether the last tenth is over 10 % slower than the first.
    public var throttled: Bool {
        let count = max(1, points.count / 10)
        let first = points.prefix(count).map { $0.medianMs }.sorted()
        let last = points.suffix(count).map { $0.medianMs }.sorted()
        if points.count < 2 { return false }
        return percentile(50, of: last) > SustainedCurve.slower * percentile(50, of: first)
    }
}

/// Which frames of the camera are painted: one at a time, and fewer on a hot phone.
public struct FramePacer: Sendable {
    static let tolerance = 0.002  // seconds: cameras are not that even
    private var last: Double?
    private var busy = false

    public init() {}

    /// Whether the frame that comes at `now`, seconds, is painted; if so, `finish` has to follow.
    public mutating func begin(at now: Double, thermal: ThermalLevel) -> Bool {
        guard !busy, let gap = FramePacer.gap(thermal) else { return false }
        if let last = last, now - last < gap - FramePacer.tolerance { return false }
        last = now
        busy = true
        return true
    }

    public mutating func finish() {
        busy = false
    }

    /// Seconds between two frames at least; nil: the phone is too hot for any.
    public static func gap(_ thermal: ThermalLevel) -> Double? {
        switch thermal {
        case .nominal, .light: return 0
        case .severe: return 1.0 / 15
        case .critical: return nil
        }
    }
}

/// Milliseconds for a frame and frames per second over the last frames, by the paper's mean.
public struct FrameTally: Sendable {
    static let window = 60  // frames
    private var frames: [(at: Double, milliseconds: Double)] = []

    public init() {}

    /// A frame that took `milliseconds` was shown at `now`, seconds.
    public mutating func add(milliseconds: Double, at now: Double) {
        frames.append((now, milliseconds))
        if frames.count > FrameTally.window { frames.removeFirst() }
    }

    /// nil before the second frame.
    public var means: (milliseconds: Double, framesPerSecond: Double)? {
        let gaps = zip(frames.dropFirst(), frames).map { next, frame in next.at - frame.at }
        guard let gap = Statistics.mean(of: gaps), gap > 0 else { return nil }
        guard let milliseconds = Statistics.mean(of: frames.map { $0.milliseconds }) else { return nil }
        return (milliseconds, 1 / gap)
    }
}

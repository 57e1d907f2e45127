// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @notice A well-behaved token with six decimals.
contract Dollar is ERC20("Dollar", "USD") {
    function decimals() public pure virtual override returns (uint8) {
        return 6;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @notice Takes permits (ERC-2612).
contract PermitDollar is Dollar, ERC20Permit("Dollar") {
    function decimals() public pure override(ERC20, Dollar) returns (uint8) {
        return 6;
    }
}

/// @notice Keeps one base unit of every transfer.
contract FeeOnTransferToken is Dollar {
    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0) && amount > 0) super._update(to, address(0), 1);
    }
}

/// @notice Delivers more than asked, as a rebasing token may.
contract GenerousToken is Dollar {
    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (from != address(0) && to != address(0)) super._update(address(0), to, 1);
    }
}

/// @notice Takes from the receiver while it claims to give.
contract ShrinkingToken is Dollar {
    function transferFrom(address, address to, uint256) public override returns (bool) {
        _burn(to, 1);
        return true;
    }
}

/// @notice Refuses marked accounts, by a revert or by saying false.
contract BlacklistToken is Dollar {
    mapping(address account => bool) public refused;
    bool public saysFalse;

    function refuse(address account, bool on) external {
        refused[account] = on;
    }

    function sayFalse(bool on) external {
        saysFalse = on;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (saysFalse && (refused[to] || refused[msg.sender])) return false;
        return super.transfer(to, amount);
    }

    function _update(address from, address to, uint256 amount) internal virtual override {
        require(!refused[from] && !refused[to], "refused");
        super._update(from, to, amount);
    }
}

/// @notice Refuses marked accounts, and calls back while it moves; remembers whether that ever worked.
contract ReentrantBook is BlacklistToken {
    address private _target;
    bytes private _attack;
    bool public succeeded;

    function arm(address entry, bytes calldata data) external {
        (_target, _attack) = (entry, data);
    }

    function _update(address from, address to, uint256 amount) internal override {
        super._update(from, to, amount);
        if (_target == address(0)) return;
        (bool done,) = _target.call(_attack);
        if (done) succeeded = true;
    }
}

/// @notice Answers nothing, as early tokens do.
contract SilentToken {
    mapping(address account => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function approve(address, uint256) external {}

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _move(from, to, amount);
    }

    function _move(address from, address to, uint256 amount) private {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
    }
}

/// @notice Can answer a payment in every way that is not a payment.
contract HostileToken is Dollar {
    enum Answer {
        Honest,
        BurnsGas,
        RevertsLong,
        Word2,
        ShortWord
    }

    Answer public answer;

    function become(Answer next) external {
        answer = next;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (answer == Answer.Honest) return super.transfer(to, amount);
        if (answer == Answer.BurnsGas) while (true) {}
        uint256 kind = uint256(answer);
        assembly ("memory-safe") {
            mstore(0, 2)
            if eq(kind, 2) { revert(0, 100000) }
            if eq(kind, 3) { return(0, 32) }
            return(32, 31)
        }
    }
}

/// @notice Pays honestly, but dearly: about 150,000 gas a payment.
contract DearToken is Dollar {
    function transfer(address to, uint256 amount) public override returns (bool) {
        uint256 end = gasleft() < 120_000 ? 0 : gasleft() - 120_000;
        while (gasleft() > end) {}
        return super.transfer(to, amount);
    }
}

/// @notice Calls back while tokens move, and keeps what came of it.
contract HookToken is Dollar {
    address public target;
    bytes public attack;
    bytes public outcome;
    bool public succeeded;
    bool public paused;

    function pause(bool on) external {
        paused = on;
    }

    function arm(address entry, bytes calldata data) external {
        (target, attack) = (entry, data);
    }

    function _update(address from, address to, uint256 amount) internal override {
        require(!paused, "paused");
        super._update(from, to, amount);
        if (target == address(0)) return;
        (succeeded, outcome) = target.call(attack);
    }
}
